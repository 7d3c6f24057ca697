"""What differs between the databases a store may stand on. Nothing above pos/store names one of them.

`sqlite` is every till's; `postgres` is a hub's. Statements are written once, in the SQL both understand; what
PostgreSQL spells otherwise is put in order by `dialect`, what it lacks stands in `functions`.
"""
