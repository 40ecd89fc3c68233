# The id is the path of a context file as bunq's SDKs write it.
terraform import bunq_installation.main bunq.conf
