/** CONSOLE-7 The other five flows by keyboard alone. */
import { flows, halves } from './flows.ts'

flows({ lang: 'en', size: 'wide', by: 'keyboard' }, halves[1])
