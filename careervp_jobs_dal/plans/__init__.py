"""The requests of each call and the meaning of each answer, as generators: no I/O, no clock and no boto3 in them."""
