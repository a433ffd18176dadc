/* lwIP for one TCP client on a small device: no threads, no heap, every buffer in static memory
 * whose size stands here. */
#ifndef COVEY_LWIPOPTS_H_
#define COVEY_LWIPOPTS_H_

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* no interrupt and no thread enters the stack */
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_NETIF_API 0

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_TCP 1
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_ICMP 1
#define IP_FRAG 0
#define IP_REASSEMBLY 0
#define LWIP_STATS 0

#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_ALIGNMENT 4
#define MEM_SIZE (12 * 1024) /* outgoing segments that wait for their acknowledgement */
#define PBUF_POOL_SIZE 12
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 24
#define MEMP_NUM_PBUF 16

#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define TCP_QUEUE_OOSEQ 1
#define LWIP_TCP_SACK_OUT 0
#define LWIP_TCP_KEEPALIVE 0

#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_CHKSUM_ALGORITHM 2

#endif
