/** CONSOLE-2, CONSOLE-6 */
import { everyPage } from './everypage.ts'

everyPage({ lang: 'en', size: 'wide', lights: ['light'] })
