/** Writing what is much, and figures for people. */
import type { Output } from './command.ts'

/** Waits while the reader is slower. */
export async function written(out: Output, text: string | Buffer): Promise<void> {
  if (!out.write(text)) await new Promise((resolve) => out.once('drain', resolve))
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1.5 GiB` */
export function octetsText(n: number): string {
  const unit = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log2(n) / 10))
  const value = n / 1024 ** unit
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
