import { join } from 'node:path'

/** Where the first administrator's password lies until it was shown on a terminal or changed. */
export const firstPasswordFile = (dataDir: string): string => join(dataDir, 'admin-password')
