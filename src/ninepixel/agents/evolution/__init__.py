"""Evolution: the lineage of a universe, and experiments in which different worlds select different genomes."""
