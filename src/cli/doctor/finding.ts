/** What the doctor says of one thing. */
export interface Finding {
  /** what was looked at: `ports`, `keys` … */
  check: string
  severity: 'ok' | 'warning' | 'error'
  text: string
  /** what mends it */
  todo?: string
}

export const fine = (check: string, text: string): Finding => ({ check, severity: 'ok', text })
export const warning = (check: string, text: string, todo: string): Finding => ({ check, severity: 'warning', text, todo })
export const error = (check: string, text: string, todo: string): Finding => ({ check, severity: 'error', text, todo })

/** The findings of one check, or that there is nothing to find. */
export const orFine = (found: Finding[], check: string, text: string): Finding[] =>
  found.length > 0 ? found : [fine(check, text)]
