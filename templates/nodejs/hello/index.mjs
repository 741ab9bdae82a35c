export const handler = async (event) => {
  console.log('greeting', event.name ?? 'world');
  return { message: `Hello ${event.name ?? 'world'}!` };
};
