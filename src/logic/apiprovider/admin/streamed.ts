/** An answer that comes in pieces, as long as its reader takes them. */
export interface Pieces {
  pieces: AsyncGenerator<string>
}

const streams = new WeakSet<object>()

/** Handlers of routes whose `media` is not JSON answer with it; their type is that of the text. */
export function streamed(pieces: AsyncGenerator<string>): string {
  const made: Pieces = { pieces }
  streams.add(made)
  return made as unknown as string
}

export const isStreamed = (v: unknown): v is Pieces => typeof v === 'object' && v !== null && streams.has(v)
