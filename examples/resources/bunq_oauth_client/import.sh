# bunq's number of the user, and of the client (not its client_id).
terraform import bunq_oauth_client.main 28196/633
