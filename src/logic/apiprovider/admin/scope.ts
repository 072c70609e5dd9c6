/** What of the installation a person or token sees (S-01): what is outside answers exactly as what is missing. */
import { type ErrorCode, PandoError } from '#lib/errors.ts'
import { type Domain, domainCovers, parseDomain } from '#protocol/identifiers.ts'

export interface Scope {
  readonly all: boolean
  readonly domain: Domain
  covers(vendorId: number, productId: number): boolean
  /** Whether all that `text` (`*`, `vendor/1`, `product/7`) covers is seen; `vendorOf` a product's vendor. */
  holds(text: string, vendorOf: (product: number) => number | undefined): boolean
}

/** A stored scope that has no valid form covers nothing. */
export function scopeOf(text: string): Scope {
  const domain = domainOf(text) ?? { scope: 'product', id: 0 }
  return {
    all: domain.scope === 'all',
    domain,
    covers: (vendorId, productId) => domainCovers(domain, vendorId, productId),
    holds(other, vendorOf) {
      const inner = domainOf(other)
      if (domain.scope === 'all') return true
      if (!inner || inner.scope === 'all') return false
      if (inner.scope === domain.scope) return inner.id === domain.id
      return domain.scope === 'vendor' && vendorOf(inner.id) === domain.id
    },
  }
}

function domainOf(text: string): Domain | undefined {
  try {
    return parseDomain(text)
  } catch {
    return undefined
  }
}

/** The one answer for what is missing and for what is somebody else's. */
export const unknown = (code: ErrorCode): PandoError => new PandoError(code, '')
