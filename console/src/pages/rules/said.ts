import type { AdminAnswer, AdminInput } from '#contracts/admin/client.ts'

export type Rule = AdminAnswer<'GET /rules/{id}'>
/** What a rule says, without what it is. */
export type Said = Omit<AdminInput<'POST /rules/check'>['body'], 'rule'>
export type Action = Said['then'][number]
