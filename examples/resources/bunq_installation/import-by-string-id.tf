import {
  to = bunq_installation.main
  id = "bunq.conf"
}
