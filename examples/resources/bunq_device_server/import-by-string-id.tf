import {
  to = bunq_device_server.main
  id = "bunq.conf#2523"
}
