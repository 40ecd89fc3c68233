# The path of a context file of bunq's SDKs; "#" and the number where the user has several credentials.
terraform import bunq_psd2_credential.main 'bunq.conf#184760'
