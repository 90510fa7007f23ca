/** What the presets mean on this machine. */
export { noSuchPreset, presetPatterns, presetSources, presetsOf, thisMachine, thisSystem } from './resolve-presets.ts'
export type { PresetMachine } from './resolve-presets.ts'
