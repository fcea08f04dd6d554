/@spam\.example$/	REJECT
