/** Pauses between attempts to reach a server: they grow, and are spread so that processes do not come back all at once. */
const FIRST_MS = 50
const MOST_MS = 2000

/** The pause in ms before attempt 1, 2 …: half of 100, 200, 400 … ms at least, all of it at most. */
export function jittered(attempt: number, most = MOST_MS): number {
  const full = Math.min(most, FIRST_MS * 2 ** Math.min(Math.max(attempt, 1), 20))
  return full * (0.5 + Math.random() / 2)
}
