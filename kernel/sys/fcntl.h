/*
 * Files, as they are opened: what f_flag may hold.
 *
 * [sys/fcntl.h]
 */
#ifndef _SYS_FCNTL_H_
#define	_SYS_FCNTL_H_

#define	FREAD		0x0001		/* may be read */
#define	FWRITE		0x0002		/* may be written */

#endif /* !_SYS_FCNTL_H_ */
