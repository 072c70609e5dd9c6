/** A route in Redis: its epoch first, so that scripts can read it, then the rest as JSON; device and node are its key. */
import type { Route } from '../port.ts'

export const pack = ({ epoch, protocol, address, since }: Route): string =>
  `${epoch} ${JSON.stringify([protocol, address, since])}`

export function unpack(device: number, node: string, packed: string): Route {
  const blank = packed.indexOf(' ')
  const [protocol, address, since] = JSON.parse(packed.slice(blank + 1)) as [string, string, number]
  return { device, node, epoch: Number(packed.slice(0, blank)), protocol, address, since }
}

/** What scripts answer: node and packed route in two lines, '' for none. */
export function routeOf(device: number, answer: string): Route | undefined {
  const end = answer.indexOf('\n')
  return end < 0 ? undefined : unpack(device, answer.slice(0, end), answer.slice(end + 1))
}
