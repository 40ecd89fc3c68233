# The path of a context file of bunq's SDKs; "#" and the number where bunq lists several devices.
terraform import bunq_device_server.main 'bunq.conf#2523'
