from datetime import datetime, timezone


# Schedules without an event of their own send one that EventBridge would send.
def report(planned):
    print("reporting for", planned)
    return {"job": "report", "planned": planned}


def clean_up(planned):
    print("cleaning up", planned)
    return {"job": "cleanup", "planned": planned}


# One function per job. Each gets the planned time of its run, or that of the call.
JOBS = {"report": report, "cleanup": clean_up}


def lambda_handler(event, context):
    job = event.get("job", "report")
    if job not in JOBS:
        raise ValueError(f"there is no job '{job}'")
    return JOBS[job](event.get("time", datetime.now(timezone.utc).isoformat()))
