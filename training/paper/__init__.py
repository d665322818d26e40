"""The paper as it is: Narula, Wang, Chaspari 2020 (arXiv 2001.06103), preset `paper`."""
