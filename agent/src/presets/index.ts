/** What the presets mean on this machine. */
export { noSuchPreset, presetPatterns, presetSources, presetsOf, thisMachine } from './resolve-presets.ts'
export type { PresetMachine } from './resolve-presets.ts'
export { thisSystem } from './this-system.ts'
