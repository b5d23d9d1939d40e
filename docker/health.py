"""Ask a kernel how it is, over its own ports: health.py CONNECTION_FILE; 0: it answers."""

import sys

from jupyter_client.blocking.client import BlockingKernelClient

client = BlockingKernelClient()
client.load_connection_file(sys.argv[1])
client.ip = "127.0.0.1"  # the file says where it listens, which may be everywhere
client.start_channels(iopub=False, stdin=False, hb=False)
client.kernel_info(reply=True, timeout=8)
