/** CONSOLE-7 The twelve flows by the keyboard alone. */
import { flows } from './flows.ts'

flows({ lang: 'en', size: 'wide', by: 'keyboard' })
