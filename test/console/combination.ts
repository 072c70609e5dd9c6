/** One combination by its words: `pages en wide`, `states en wide`, `flows zh phone pointer`. */
import type { Lang, Size } from './browser.ts'
import { everyPage } from './everypage.ts'
import { flows } from './flows.ts'
import { everyState } from './states.ts'

const [what, lang, size, by] = process.argv.slice(2) as ['pages' | 'states' | 'flows', Lang, Size, 'pointer' | 'keyboard']
if (what === 'pages') everyPage({ lang, size, lights: ['light', 'dark'] })
else if (what === 'states') everyState({ lang, size, tabs: true })
else flows({ lang, size, by })
