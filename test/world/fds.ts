/** What the system says of a process (Linux). */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Open file descriptors. */
export const openFiles = (pid: number | 'self' = 'self'): number => readdirSync(`/proc/${pid}/fd`).length

/** ms of CPU that it has used; ticks of 10 ms. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (utime! + stime!) * 10
}

/** Octets of memory that it holds; 0 when it has ended. */
export function memoryOf(pid: number): number {
  const status = `/proc/${pid}/status`
  return existsSync(status) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) * 1024 : 0
}

/** Whether it is there; a zombie is not. Its memory does not tell: of one that has just begun the kernel may count none. */
export function isThere(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
