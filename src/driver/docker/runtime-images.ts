export { buildImage, type BuiltImage } from './image/build-image.ts';
export { pullImage, type PulledImage } from './image/pull-image.ts';
