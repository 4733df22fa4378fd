"""The operational systems of a passport authority, simulated: for demonstration and tests.

One module for each part of that world: `places`, `network` and `calendar` (places, staff,
machines, hours), `scenarios` and `plan` (what is made to happen), `demand`, `roster`, `counters`,
`cases` (the office), `links`, `matching`, `machines`, `printing`, `consumables` (the back office),
`delivery`, `complaints`; `applications`, `events` and `flow` (records that several need), and
`dirt` (what goes wrong with rows on their way). `world` is what is held from day to day, `day` the
step that simulates one, `handing_over` what the systems then tell; `targets` writes, `command` is
`passport simulate`.
Nothing of the product belongs here, and the product knows none of it: places and flows are data in
`reference/`, all illustrative.

The state of the world lies beside what it has written: in the folder `DROP.world` for a drop, in
the table `simulator.world` of the same database for PostgreSQL.
"""
