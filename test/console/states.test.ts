/** CONSOLE-10 */
import { everyState } from './states.ts'

everyState({ lang: 'en', size: 'wide', tabs: false })
