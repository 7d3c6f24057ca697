"""What somebody who means harm would try, from outside and from the next machine in the shop."""
