/** Every row is under a checksum of its columns. */
export interface Sealed {
  crc: number
}
