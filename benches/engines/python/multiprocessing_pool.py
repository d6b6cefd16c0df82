"""The guide's CPU-bound example: sums of squares on a pool of processes."""

import lab

run = lab.start(models=("cpu",))

import multiprocessing

MASK = lab.MASK


def square_sum(upto):
    return sum(i * i for i in range(upto))


def trial(_):
    answer = lab.Answer()
    with multiprocessing.Pool(run.threads) as pool:
        sums = pool.map(square_sum, [run.upto] * run.jobs, chunksize=1)
        children = [lab.status("VmHWM", child.pid) for child in multiprocessing.active_children()]
        # Their CPU time is counted when they have ended.
        pool.close()
        pool.join()
    for value in sums:
        upper = value >> 64 & MASK
        answer.pages += 1
        answer.checksum = answer.checksum + (value & MASK ^ (upper << 32 & MASK | upper >> 32)) & MASK
    answer.children_peak = sum(children) * 1024
    return answer


if __name__ == "__main__":
    lab.serve(run, trial)
