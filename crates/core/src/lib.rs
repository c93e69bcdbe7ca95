//! Wire helpers, exact decimals, the facts of a device message, and the seam between decoders and sinks.
