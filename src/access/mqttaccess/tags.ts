/** Tags of records on their way up: what the connection answers when a record is durable. */

/** A tag of the uplink: packet id, and whether PUBREC is due instead of PUBACK. */
export const TAG_QOS2 = 0x10000
export const TAG_NONE = -1
/** PUBCOMP is due: a PUBREL was recorded. */
export const TAG_RELEASED = 0x20000
