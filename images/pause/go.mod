module lbkit.part/pause

go 1.26.0
