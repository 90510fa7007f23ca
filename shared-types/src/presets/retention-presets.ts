import { z } from 'zod'
import { Retention } from '../model/retention.ts'
import shipped from './retention-presets.json' with { type: 'json' }

/** Rules that fit what is backed up; `rules` null: everything is kept. */
const RetentionPreset = z.strictObject({ name: z.string().regex(/^[a-z]+(-[a-z]+)*$/), rules: Retention.nullable() })
export type RetentionPreset = z.infer<typeof RetentionPreset>

/** All that Holdfast offers for new plans. Data: a change of a rule is a change of retention-presets.json alone. */
export const retentionPresets: readonly RetentionPreset[] = z.array(RetentionPreset).parse(shipped)
