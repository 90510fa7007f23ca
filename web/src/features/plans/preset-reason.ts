import type { Language } from '../../platform/i18n/text.ts'
import german from './preset-reasons.de.json'

// The reasons are data of the presets, in English; other languages say them by the same words.
const reasons: { readonly [L in Exclude<Language, 'en'>]: Readonly<Record<string, string>> } = { de: german }

/** Why a rule of a preset is there; one that is newer than this console stays in English. */
export const presetReason = (why: string, language: Language): string => (language === 'en' ? why : (reasons[language][why] ?? why))
