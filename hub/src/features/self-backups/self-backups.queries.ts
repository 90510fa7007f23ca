import type { EntityManager } from '@mikro-orm/postgresql'

/** What was done since then, each once. */
export async function actionsSince(em: EntityManager, since: Date): Promise<string[]> {
  const rows = await em.execute<{ action: string }[]>(`select distinct action from audit_entry where at > ? and outcome = 'done'`, [since])
  return rows.map(({ action }) => action)
}
