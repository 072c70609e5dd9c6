/** The same for every port; shown by /readyz and `pando doctor`. */
export interface EngineHealth {
  state: 'ok' | 'degraded' | 'down'
  /** the last error in one line, with what was tried; absent when ok */
  error?: string
  /** since when it is in this state, ms since 1970 */
  since: number
}
