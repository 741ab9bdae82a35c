export { loadProject, parseProject } from './load-project.ts';
export { findProjectFile } from './locate.ts';
export type { BuildOptions, Project, ProjectFault, ProjectFunction } from './project.ts';
export { projectSchema, SCHEMA_PATH, type JsonSchema } from './schema.ts';
