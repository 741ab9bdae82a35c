// One function per job. Each gets the planned time of its run, or that of the call.
const JOBS = {
  // Schedules without an event of their own send one that EventBridge would send.
  report: async (planned) => {
    console.log('reporting for', planned);
    return { job: 'report', planned };
  },
  cleanup: async (planned) => {
    console.log('cleaning up', planned);
    return { job: 'cleanup', planned };
  },
};

export const handler = async (event) => {
  const job = event.job ?? 'report';
  if (!Object.hasOwn(JOBS, job)) throw new Error(`there is no job '${job}'`);
  return JOBS[job](event.time ?? new Date().toISOString());
};
