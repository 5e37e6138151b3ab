module lbkit.part/gobgp-start

go 1.26.0
