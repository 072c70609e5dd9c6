/** A page of a list: those with an id above `after`, by id. */
export interface Page {
  after?: number
  limit?: number
}

const DEFAULT = 100
const MOST = 1000

export const page = ({ after = 0, limit = DEFAULT }: Page): { after: number; limit: number } => ({
  after: Math.max(0, after),
  limit: Math.min(MOST, Math.max(1, limit)),
})
