/** One combination by its words: `pages en wide dark`, `flows zh phone pointer`. */
import type { Lang, Size } from './browser.ts'
import { everyPage } from './everypage.ts'
import { flows } from './flows.ts'

const [what, lang, size, how] = process.argv.slice(2) as ['pages' | 'flows', Lang, Size, string]
if (what === 'pages') everyPage({ lang, size, scheme: how as 'light' | 'dark' })
else flows({ lang, size, by: how as 'pointer' | 'keyboard' })
