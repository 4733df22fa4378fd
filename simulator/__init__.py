"""The operational systems of a passport authority, simulated: for demonstration and tests.

One module for each part of that world: `network` and `calendar` (places, staff, machines, hours),
`scenarios` (what is made to happen), `demand`, `roster`, `counters`, `cases` (the office), `links`,
`machines`, `printing`, `consumables` (the back office), `delivery`, `complaints`; and `dirt` (what
goes wrong with rows on their way). `world` holds them together, day by day; `targets` writes.
Nothing of the product belongs here, and the product knows none of it: places and flows are data in
`reference/`, all illustrative.

The state of the world lies beside what it has written: in the folder `DROP.world` for a drop, in
the table `simulator.world` of the same database for PostgreSQL.
"""
