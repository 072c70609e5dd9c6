/** CONSOLE-2, CONSOLE-6 */
import { everyPage } from './everypage.ts'

everyPage({ lang: 'zh', size: 'phone', lights: ['dark'] })
