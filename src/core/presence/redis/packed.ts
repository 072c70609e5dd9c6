/** A route in Redis: its epoch first, so that scripts can read it, then the rest as JSON; device and node are its key. */
import type { Route } from '../port.ts'

export const pack = ({ epoch, protocol, address, since }: Route): string =>
  `${epoch} ${JSON.stringify([protocol, address, since])}`

export function unpack(device: number, node: string, packed: string): Route {
  const blank = packed.indexOf(' ')
  const [protocol, address, since] = JSON.parse(packed.slice(blank + 1)) as [string, string, number]
  return { device, node, epoch: Number(packed.slice(0, blank)), protocol, address, since }
}

/** What scripts answer: for each session its node and its packed route in two lines, '' for none. */
export function sessionsOf(device: number, answer: string): Route[] {
  const lines = answer === '' ? [] : answer.split('\n')
  return Array.from({ length: lines.length / 2 }, (_, i) => unpack(device, lines[2 * i]!, lines[2 * i + 1]!))
}
