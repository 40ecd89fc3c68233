import {
  to = bunq_psd2_credential.main
  id = "bunq.conf#184760"
}
