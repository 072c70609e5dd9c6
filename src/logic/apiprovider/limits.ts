/** What may be under way at once (hard case O-11): what is above is refused at once, so that the rest stays quick. */
import { codes, Refusal } from './errors.ts'

export interface Limits {
  /** A call begins, → call it when it has ended. Refusal 503. */
  enter(): () => void
  /** The same for one application. Refusal 429. */
  enterOf(application: number): () => void
  /** Room for a large body, → call it when the request has ended. Refusal 503. */
  reserve(bytes: number): () => void
}

export interface LimitValues {
  calls: number
  callsOfOne: number
  bodyBytes: number
}

/** Calls that wait for nobody are never many at once: these are devices that do not answer. */
export const defaultLimits: LimitValues = { calls: 8000, callsOfOne: 2000, bodyBytes: 64 << 20 }

/** Larger bodies are refused. */
export const MAX_BODY = 1 << 20

export function makeLimits(max: LimitValues): Limits {
  let calls = 0
  let bytes = 0
  const perApplication = new Map<number, number>()
  const leave = () => void calls--

  return {
    enter() {
      if (calls >= max.calls) throw new Refusal(codes.system, 'too many calls under way; try again.', 503)
      calls++
      return leave
    },
    enterOf(application) {
      const n = perApplication.get(application) ?? 0
      if (n >= max.callsOfOne)
        throw new Refusal(codes.system, `this application has ${n} calls under way; wait for their answers.`, 429)
      perApplication.set(application, n + 1)
      return () => {
        const left = (perApplication.get(application) ?? 1) - 1
        if (left > 0) perApplication.set(application, left)
        else perApplication.delete(application)
      }
    },
    reserve(n) {
      if (bytes + n > max.bodyBytes) throw new Refusal(codes.system, 'too many large requests under way; try again.', 503)
      bytes += n
      return () => void (bytes -= n)
    },
  }
}
