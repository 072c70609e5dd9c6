/** What a keeper tells without being asked. */
export interface Told {
  /** chunks of so many octets are dealt with, there is room for more */
  taken(bytes: number): void
  /** what is durable has moved forward */
  cursors(cursors: ReadonlyMap<number, number>): void
  /** records before this time have been dropped */
  dropped(until: number): void
  /** what is wrong, if something is */
  health(error: string | undefined): void
  /** there is more work than is good for a thread that has others to serve */
  heavy(): void
}
