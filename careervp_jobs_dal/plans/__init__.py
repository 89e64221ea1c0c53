"""Plans: generators that yield the requests of a call and judge the replies. No I/O, no clock and no boto3 in them."""
